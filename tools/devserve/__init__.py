"""Runs one ASGI service while it is developed: uvicorn with a clean stop, and a debug port that costs nothing.

Stands alone (it imports nothing of devkit): devkit's local engine forks services through it, and a development
image can run the same code.
"""
