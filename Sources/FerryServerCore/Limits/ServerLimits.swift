// SPDX-License-Identifier: Apache-2.0

/// Every limit of the server, in one place.
public struct ServerLimits: Sendable, Hashable {
    /// Most bytes of a file. 100 GiB.
    public var maximumFileSize: Int64 = 100 << 30
    /// Most records of one `POST /files`. 100.
    public var maximumFilesPerRequest = 100
    /// Most bytes of a category. 1,024.
    public var maximumLabelLength = 1024
    /// How long signed links work, in seconds. 24 h.
    public var linkLifetime: Int64 = 24 * 3600
    /// Longest life of a link that a caller asks for, in seconds. 7 days.
    public var maximumLinkLifetime: Int64 = 7 * 24 * 3600
    /// Shortest and longest life a file may be given, in seconds. 1 minute to 1 year.
    public var fileLifetimes: ClosedRange<Int64> = 60...365 * 24 * 3600
    /// Seconds between two searches for files whose time is over. 60 s; they are invisible before.
    public var sweepInterval: Int64 = 60
    /// Most records one search for files whose time is over takes at once. 500.
    public var sweepBatch = 500
    /// Bytes of a file's beginning that its type is told from. 64 KiB.
    public var typeDetectionLength = 64 << 10
    /// Most parts of a form, fields and files. 32.
    public var maximumFormParts = 32
    /// Most bytes of the headers of one part of a form. 16 KiB.
    public var maximumFormHeader = 16 << 10
    /// Most bytes of a field of a form that is no file. 8 KiB.
    public var maximumFormField = 8 << 10
    /// Most bytes of a form before its first part, and behind its last. 64 KiB.
    public var maximumFormPadding = 64 << 10
    /// How long a record waits for its bytes, in seconds. 7 days.
    public var pendingLifetime: Int64 = 7 * 24 * 3600
    /// Records of a page when the caller names no number. 10.
    public var defaultPageSize = 10
    /// Most records of a page; larger wishes are cut to it. 1,000.
    public var maximumPageSize = 1000
    /// Most bytes of the records of one page of chats, of their messages or of their tasks; the page ends before them,
    /// and one record comes however large it is. 1 MiB.
    public var maximumPageBytes = 1 << 20
    /// Most conditions of a list. 20.
    public var maximumFilters = 20
    /// Most fields a list is sorted by. 4.
    public var maximumSorts = 4
    /// Most values of an `in` or `not_in` condition. 500.
    public var maximumFilterValues = 500
    /// Most bytes of a JSON request body. 8 MiB.
    public var maximumRequestBody = 8 << 20
    /// Most bytes that all JSON request bodies under way may take up together, parsed. 64 MiB.
    public var maximumBodyMemory = 64 << 20
    /// Bytes up to which a JSON request body is a small one, for which a quarter of ``maximumBodyMemory`` is kept. 64 KiB.
    public var smallRequestBody = 64 << 10
    /// Least bytes of a JSON request body in a second, after its first 10 s. 16 KiB.
    public var minimumRequestRate: Int64 = 16 << 10
    /// How long a JSON request body waits for its share of ``maximumBodyMemory``, in milliseconds. 10 s.
    public var bodyMemoryWait: Int64 = 10_000
    /// Deepest nesting of a JSON request body. 64.
    public var maximumRequestDepth = 64
    /// Most bytes of one string in a JSON request body, data URIs included. 6 MiB.
    public var maximumDataURILength = 6 << 20
    /// Most bytes of a task's input as JSON, after its files are stored; of its setup, likewise. 1 MiB.
    public var maximumInputSize = 1 << 20
    /// Most bytes of a task's output as JSON. 384 KiB: stream lines must stay below 512 KiB, where a widely used
    /// client library fails.
    public var maximumOutputSize = 384 << 10
    /// Most bytes of a line of a task's stream. 480 KiB; see ``maximumOutputSize``.
    public var maximumStreamLine = 480 << 10
    /// Most bytes kept of the reason why a task failed. 16 KiB; see ``maximumOutputSize``.
    public var maximumErrorLength = 16 << 10
    /// Most bytes kept of one kind of a task's log. 48 KiB, 64 KiB in base64.
    public var maximumLogSize = 48 << 10
    /// Most files a task may return. 1,000.
    public var maximumOutputFiles = 1000
    /// Most files a task may be given. 1,000.
    public var maximumInputFiles = 1000
    /// Most of them that are fetched from foreign URLs. 64.
    public var maximumForeignFiles = 64
    /// Most bytes that one task's files from foreign URLs have together. 20 GiB.
    public var maximumForeignTaskSize: Int64 = 20 << 30
    /// How long one task's files from foreign URLs may take together, in seconds. 1 h.
    public var maximumForeignTaskTime: Int64 = 3600
    /// How many workers a task is given to that die before it begins. 3.
    public var maximumWorkerTries = 3
    /// Files of one task that are fetched, placed or stored at once. 4.
    public var parallelTaskFiles = 4
    /// Most bytes of a file that is fetched from a foreign URL. 10 GiB.
    public var maximumForeignFileSize: Int64 = 10 << 30
    /// How far ahead a task's start may lie, in seconds. 1 year.
    public var maximumRunDelay: Int64 = 365 * 24 * 3600
    /// Seconds between the tries to tell a webhook of a task's end; after the last one it is given up. 5 s to 6 h.
    public var webhookRetryDelays: [Int64] = [5, 30, 120, 600, 1800, 7200, 21_600]
    /// Longest try to tell a webhook, in seconds. 30 s.
    public var webhookTimeout: Int64 = 30
    /// Webhooks told at once. 8.
    public var maximumConcurrentWebhooks = 8
    /// Most bytes of a webhook's URL. 2,048.
    public var maximumWebhookLength = 2048
    /// How often a task may be begun. 3.
    public var maximumAttempts = 3
    /// How long the owner of a task may be silent, in seconds. 30 s.
    public var taskLease: Int64 = 30
    /// Tasks run at once. 2.
    public var maximumConcurrentTasks = 2
    /// Seconds between lines of a stream on which nothing happens. 8 s; official clients expect at most 10.
    public var heartbeatInterval: Int64 = 8
    /// Heartbeats after which the state is repeated. 2; official clients expect a real line every 20 s.
    public var heartbeatsPerSnapshot = 2
    /// Bytes read from a blob at a time. 256 KiB.
    public var downloadChunkSize = 256 << 10
    /// Bytes of a download sent at a time, while its client takes them quickly. 256 KiB.
    public var sendPieceSize = 256 << 10
    /// Bytes of any other download sent at a time; a client that does not read costs two of these. 48 KiB.
    public var smallSendPieceSize = 48 << 10
    /// Most bytes that downloads with large pieces hold together, each two of these. 16 MiB.
    public var maximumSendMemory = 16 << 20
    /// Most keys of one team in a list. 1,000.
    public var maximumKeys = 1000
    /// Shortest and longest idle time a session may be given, in seconds. 1 s to 1 h.
    public var sessionTimeouts: ClosedRange<Int64> = 1...3600
    /// Idle time of a session for which none is given, in seconds. 5 min.
    public var defaultSessionTimeout: Int64 = 300
    /// Milliseconds between two searches for sessions whose idle time is over. 500 ms.
    public var sessionSweepInterval: Int64 = 500
    /// Most active sessions of one team, each with a worker of its own. 16.
    public var maximumSessions = 16
    /// How long the record of a session stays once it has ended, in seconds. 7 days.
    public var sessionRetention: Int64 = 7 * 24 * 3600
    /// Most bytes of a message's text in UTF-8, and of a tool's result. 256 KiB; longer texts are files.
    public var maximumMessageText = 256 << 10
    /// Most bytes of the same as JSON, quotes included. 512 KiB and 2, so that line breaks, quotes and backslashes are
    /// never too many; control characters, of which each takes 6 bytes, may be. Half of ``maximumInputSize``.
    public var maximumMessageJSON = (512 << 10) + 2
    /// Most files of one message, and of a tool's result. 20.
    public var maximumAttachments = 20
    /// Most bytes of the address of an attachment that is no data URI. 8 KiB; all of a message's
    /// together are far below ``maximumStreamLine``.
    public var maximumAttachmentURI = 8 << 10
    /// Most bytes of a title that a chat is given for its first message. 200.
    public var maximumChatTitle = 200
    /// Tasks of a chat that are read at once, where all of them are wanted. 4; each has an input of up to
    /// ``maximumInputSize``.
    public var chatTasksAtOnce = 4
    /// How long the deletion of a chat waits for its task to stop, in seconds. 10 s.
    public var chatDeletionWait: Int64 = 10
    /// Most messages that wait for a busy agent. 20.
    public var maximumQueuedMessages = 20
    /// Most bytes of an agent made for a chat, its prompt and schemas included. 256 KiB.
    public var maximumAgentConfig = 256 << 10
    /// Most tools of an agent. 64.
    public var maximumAgentTools = 64
    /// Most bytes of what a chat is begun with. 64 KiB.
    public var maximumChatContext = 64 << 10
    /// Most calls of its core app that an agent answers one message with. 50.
    public var maximumAgentSteps = 50
    /// Most earlier messages a core app is given; older ones are left out. 200. What is being answered and the step under
    /// way come along whatever their number.
    public var maximumContextMessages = 200
    /// Most bytes of earlier messages a core app is given. 640 KiB; less where all else needs more of
    /// ``maximumInputSize``. Long texts of the step under way are shortened to it, which leaves 256 bytes of each.
    public var maximumContextSize = 640 << 10
    /// Most files of earlier messages a core app is given, the latest; of the others it is told their names. 40.
    public var maximumContextFiles = 40
    /// Chats whose core apps are called at once. 96.
    public var maximumConcurrentChats = 96
    /// Most of these places that one team's chats take, when no other team's take any. 64. Each place that others take
    /// leaves it fewer, so that some stay free for whoever comes next.
    public var maximumConcurrentChatsPerTeam = 64
    /// Chats at work that are seen to at once; most of them wait, for a place or for their core app. 4,096. If there are
    /// more, all teams have as many of them.
    public var maximumAttendedChats = 4096
    /// Chats whose next call is made ready at once, since each needs memory for the messages it reads. 4.
    public var maximumPreparedChats = 4
    /// How long a stream goes on as if the agent were at work while a client's tool is run, in seconds. 10 s: official
    /// clients run tools between two lines, and take a chat that waits for one that has ended.
    public var clientToolGrace: Int64 = 10
    /// Milliseconds between snapshots of a message that is being written, for clients that know no increments. 1 s.
    public var answerSnapshotInterval: Int64 = 1000
    /// Most bytes of messages shown with a chat, the latest ones. 1 MiB.
    public var maximumShownMessages = 1 << 20
    /// Most files of a deployed app. 10,000.
    public var maximumAppFiles = 10_000
    /// Most bytes of a deployed app. 1 GiB.
    public var maximumAppSize: Int64 = 1 << 30

    /// The defaults.
    public init() {}
}
