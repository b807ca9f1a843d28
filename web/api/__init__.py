"""The JSON API's own ground: typed operations, their reading and answering, and the document made from them."""
