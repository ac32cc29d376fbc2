// SPDX-License-Identifier: Apache-2.0

/// Every limit of the app host, in one place.
package struct AppHostLimits: Sendable, Hashable {
    /// How long a program may take to say what its apps are, or to greet. 10 s.
    package var startTime: Duration = .seconds(10)
    /// How long an app may take to make itself ready: to load its code and its models. 10 min.
    package var setupTime: Duration = .seconds(10 * 60)
    /// How long a task may take. 15 min.
    package var taskTime: Duration = .seconds(15 * 60)
    /// How long an app may take to stop when asked to, before it is killed. 3 s.
    package var stopTime: Duration = .seconds(3)
    /// How long a worker may take to unload and end when told to, before it is killed. 2 s.
    package var exitTime: Duration = .seconds(2)
    /// How long a worker without a task is kept for the next one. 60 s.
    package var idleTime: Duration = .seconds(60)
    /// Most workers of tasks without a session that are no chats, at work, idle or ending; at least the tasks that run at once. 2.
    package var maximumWorkers = 2
    /// Most workers of chats without a session, which wait for a network most of the time; they come on top of
    /// ``maximumWorkers``. 96.
    package var maximumChatWorkers = 96
    /// Most of them that are kept while they have no task. 8.
    package var maximumIdleChatWorkers = 8
    /// Most workers that sessions keep for themselves; they come on top of ``maximumWorkers``. 16.
    package var maximumSessions = 16
    /// Bytes of memory that a worker with all its processes may take where its app names no figure. 8 GiB.
    package var memory: Int64 = 8 << 30
    /// How often it is looked at whether a worker lives and what memory it takes; what it takes and gives back in between
    /// is not seen. 500 ms.
    package var memoryInterval: Duration = .milliseconds(500)
    /// How long the rest of a log may take to arrive once its task, or its process, has ended. 1 s.
    package var logTime: Duration = .seconds(1)
    /// How long what a task or worker left may take to be removed; what goes on making files is ended first, and what is
    /// left then is removed at the next start. 10 s.
    package var removalTime: Duration = .seconds(10)
    /// Most bytes of `/dev/shm` in an isolated worker. 1 GiB.
    package var sharedMemory: Int64 = 1 << 30
    /// Most bytes of one line of the protocol. 8 MiB.
    package var maximumLine = 8 << 20
    /// Most bytes of an output as JSON. 384 KiB: lines of task streams must stay below 512 KiB.
    package var maximumOutput = 384 << 10
    /// Most bytes of one line of a log; longer ones are cut. 16 KiB.
    package var maximumLogLine = 16 << 10
    /// Most bytes of log passed on for a task; the rest is dropped with a note. 4 MiB.
    package var maximumLog = 4 << 20
    /// Most bytes of an app's words in an error or a progress report; longer ones are cut. 4 KiB.
    package var maximumMessage = 4 << 10
    /// Most bytes of what a program says of its apps. 4 MiB.
    package var maximumManifests = 4 << 20
    /// Most open files of a process. 1,024.
    package var openFiles = 1024
    /// Most bytes of a file that a process writes; nil for no limit. 32 GiB.
    package var fileSize: Int64? = 32 << 30
    /// Most bytes of address space of a process; nil for no limit, as programs reserve more than they use. Nil.
    package var addressSpace: Int64?

    /// The defaults.
    package init() {}
}
