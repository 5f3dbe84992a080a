package main

// routeCaches are faults of hosted caches that mix up what belongs to one connection or to one
// URL. What has that fault is answered rightly if it comes first.
var routeCaches = []fault{
	{name: "connections-mixed", what: "of two batches one after the other over different connections, the second one is answered INTERESTED if both have several segments", path: pathV2},
	{name: "urls-mixed", what: "a batch is answered as an INITIAL_OFFER_MESSAGE if the message before it was one, at the other URL", path: pathV2},
	{name: "connection-remembers", what: "of two batches over the same connection, the second one is answered INTERESTED if both have several segments", path: pathV2},
}

// mixUp makes the verdict about a valid message wrong because of the one before. A decoder is
// for one connection. The cache is locked.
func (c *cache) mixUp(d *decoder, v *verdict) {
	before := c.before
	many := d.name == "BATCHED_OFFER_MESSAGE" && len(d.descriptors) > 1
	c.before.decoder, c.before.name, c.before.many = d, d.name, many
	switch {
	case c.has("connections-mixed") && many && before.many && before.decoder != d,
		c.has("urls-mixed") && d.name == "BATCHED_OFFER_MESSAGE" && before.name == "INITIAL_OFFER_MESSAGE",
		c.has("connection-remembers") && many && d.many:
		v.code = codeInterested
	case d.name == "BATCHED_OFFER_MESSAGE":
		d.many = many
	}
}
