"""Pages for residents: phone first, at home inside WeChat."""
