"""The service mesh: installed by Helm, looked at, and taken away without a trace."""
