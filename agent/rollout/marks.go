package rollout

// A CallState is how far a call had come, of which no output was kept.
type CallState int

// The states of a call.
const (
	// Unknown is that of a call in a turn that does not mark them.
	Unknown  CallState = iota
	Waiting            // it was not approved
	Approved           // it was, and had not begun to run
	Editing            // the journal tells whether it changed files
	Started            // it had begun, and may have ended
)

// editing is the status of a call_started event of an edit that is written down
// before it is made.
const editing = "editing"

// Approved adds that a call may run, and who says so.
func (f *File) Approved(turnID, callID, by string) error {
	return f.Event(Event{Type: CallApproved, TurnID: turnID, CallID: callID, By: by})
}

// Started adds that a call is about to run. That is on the disk when it returns,
// so that not even a power failure lets it run twice.
func (f *File) Started(turnID, callID string) error {
	if err := f.Event(Event{Type: CallStarted, TurnID: turnID, CallID: callID}); err != nil {
		return err
	}
	return f.sync()
}

// Editing adds that a call is about to change files, which a journal tells of.
func (f *File) Editing(turnID, callID string) error {
	return f.Event(Event{Type: CallStarted, TurnID: turnID, CallID: callID, Status: editing})
}

// mark takes how far a call has come.
func (r *Record) mark(e Event) {
	if r.marks == nil {
		r.marks = make(map[string]CallState)
	}
	state := Approved
	if e.Type == CallStarted {
		if state = Started; e.Status == editing {
			state = Editing
		}
	}
	r.marks[e.CallID] = max(r.marks[e.CallID], state)
}

// CallState tells how far the call at index i of History had come, whose id is
// given.
func (r *Record) CallState(i int, id string) CallState {
	switch state := r.marks[id]; {
	case state != Unknown:
		return state
	case i < len(r.marked) && r.marked[i]:
		return Waiting
	}
	return Unknown
}
