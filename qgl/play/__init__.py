"""`qglc play`: a page on the loopback address with an editor, the circuit beside it, its plan and its training.

`folder` is what may be read and written, `desk` answers about a text by `qgl.editor` and the planner, `training` runs
trainings in processes of their own (`child`), `server` lets in who has the token and hands requests on by `routes`, and
`page` is what the browser is sent: modules as they are written, and CodeMirror (`editors/playground`).
"""
