package model

func newChat(x *exchange) wire { panic("not yet") }
