"""The running platform, checked from outside, on either engine. The machine itself is the doctor's."""
