// Package queue has the segments that wait to be fetched from the clients which offer them.
package queue
