// Rate measures the executions per second of the native fuzz targets, and compares
// them with empty targets: those in the same program with the same seeds, and one
// in a bare program without seeds.
//
//	go run ./fuzz/engine/rate -time 10s -count 6
//
// Runs are interleaved, each starts with an empty cache, and the medians are shown.
// They are limited by time: of a count the engine gives each of its processes a
// fixed share, and the faster ones idle at the end. On a busy machine the processor
// time says more than the rate.
package main
