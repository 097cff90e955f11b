@rem npm start is "exec node ...", so that signals reach the service. cmd.exe has no exec of its own, and finds this one.
@%*
