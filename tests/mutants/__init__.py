"""Takes each rule of the protocol out of a copy of the code, and checks that its test fails then."""
