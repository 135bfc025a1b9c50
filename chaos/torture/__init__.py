"""One tool under faults: does it keep the promise of the effect that it declares?"""
