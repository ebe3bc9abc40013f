"""Letters and numbers as solids, engraved into parts or raised from them."""
