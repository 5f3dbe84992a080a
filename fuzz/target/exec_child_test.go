package target_test

// childMode is the environment variable that makes this test a child that
// misbehaves.
const childMode = "PCHC_TEST_CHILD"

func misbehave(mode string) {}
