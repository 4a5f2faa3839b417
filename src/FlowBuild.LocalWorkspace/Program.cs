using FlowBuild.LocalWorkspace.Life;

// Before anything else: a session of its own, so that Ctrl+C in the terminal of the build that started it does not reach it.
NativeMethods.StartOwnSession();
return await WorkspaceProcess.RunAsync(args);
