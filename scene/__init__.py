"""The picture: a snapshot becomes 3D. No Qt."""
