"""What people say of faces: the files of their answers, and the same faces cut from the videos again."""
