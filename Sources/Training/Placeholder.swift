// placeholder, replaced as the room is furnished
