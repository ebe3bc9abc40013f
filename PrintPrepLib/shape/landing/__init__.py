"""Landing blocks: flat faces for the jaws of a caliper, where the anatomy gives them nothing to rest on."""
