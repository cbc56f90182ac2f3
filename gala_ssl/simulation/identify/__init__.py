"""Which structure has formed: averaged unit cells, and the signs of quasicrystals."""
