"""The service mesh: installed by Helm, inspected, and removed without leftovers."""
