"""The matrix to factorise, whatever holds it: one class per kind. X is features x samples."""
