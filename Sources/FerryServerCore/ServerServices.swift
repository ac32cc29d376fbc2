// SPDX-License-Identifier: Apache-2.0

internal import FerrySigning
internal import FerryWire
package import Logging

/// The server's rules, put together over a set of drivers.
package struct ServerServices: Sendable {
    package let access: AccessService
    package let files: FileService
    package let uploads: UploadService
    package let downloads: DownloadService
    package let links: LinkService
    package let apps: AppService
    package let tasks: TaskService
    package let sessions: SessionService
    package let sessionSweeper: SessionSweeper
    package let deployments: DeployService
    package let dispatcher: TaskDispatcher
    package let agents: AgentService
    package let chats: ChatService
    package let chatDriver: ChatDriver
    package let sweeper: FileSweeper
    package let webhooks: WebhookSender
    package let limits: ServerLimits

    /// The drivers a server stands on.
    package struct Drivers: Sendable {
        package var blobs: any BlobStore
        package var files: any FileIndex
        package var tasks: any TaskStore
        package var queue: any TaskQueue
        package var taskFiles: any TaskFileIndex
        package var outbox: any WebhookOutbox
        package var access: any AccessStore
        package var secrets: any SecretStore
        package var apps: any AppRunner
        package var bus: any EventBus
        package var sessions: any SessionStore
        package var chats: any ChatStore
        package var agents: any AgentCatalog
        package var contentTypes: any ContentTypeDetector
        package var web: any ForeignWeb
        /// Nil where apps may not be deployed over the API.
        package var deployer: (any AppDeployer)?

        package init(
            blobs: any BlobStore, files: any FileIndex, tasks: any TaskStore, queue: any TaskQueue,
            taskFiles: any TaskFileIndex, outbox: any WebhookOutbox, access: any AccessStore, secrets: any SecretStore,
            apps: any AppRunner, bus: any EventBus, sessions: any SessionStore,
            chats: any ChatStore, agents: any AgentCatalog = NoAgentCatalog(),
            contentTypes: any ContentTypeDetector = SignatureTypeDetector(), web: any ForeignWeb = NoForeignWeb(),
            deployer: (any AppDeployer)? = nil
        ) {
            self.blobs = blobs
            self.files = files
            self.tasks = tasks
            self.queue = queue
            self.taskFiles = taskFiles
            self.outbox = outbox
            self.access = access
            self.secrets = secrets
            self.apps = apps
            self.bus = bus
            self.sessions = sessions
            self.chats = chats
            self.agents = agents
            self.contentTypes = contentTypes
            self.web = web
            self.deployer = deployer
        }
    }

    /// Puts the rules together.
    ///
    /// - Parameter isAlone: whether no other process uses the same records.
    package init(
        drivers: Drivers, rootKey: String, isAlone: Bool, limits: ServerLimits = ServerLimits(),
        clock: ServerClock = .system, logger: Logger
    ) async throws {
        self.limits = limits
        access = try await AccessService(
            store: drivers.access, secrets: drivers.secrets, rootKey: rootKey, limits: limits, clock: clock)
        let linkSecret = try await drivers.secrets.secret(named: "link-key", orInsert: RandomBytes.make(count: 32))
        let cursorSecret = try await drivers.secrets.secret(named: "cursor-key", orInsert: RandomBytes.make(count: 32))
        links = LinkService(
            signer: LinkSigner(current: SigningKey(id: "1", secret: linkSecret)), limits: limits, clock: clock)
        let pages = PageCursors(secret: cursorSecret, limits: limits)
        files = FileService(
            index: drivers.files, blobs: drivers.blobs, detector: drivers.contentTypes, guards: BlobGuards(),
            pages: pages, limits: limits, clock: clock)
        sweeper = FileSweeper(files: files, limits: limits, clock: clock, logger: logger)
        uploads = UploadService(files: files, links: links)
        downloads = DownloadService(files: files, links: links)
        apps = AppService(runner: drivers.apps, pages: pages)
        let foreign = ForeignFiles(web: drivers.web, detector: drivers.contentTypes, limits: limits)
        let partials = PartialOutputs()
        let answers = LiveAnswers(maximumSize: limits.maximumOutputSize)
        let webhookSecret = try await drivers.secrets.secret(
            named: "webhook-key", orInsert: RandomBytes.make(count: 32))
        let signer = WebhookSigner(secret: webhookSecret)
        let owner = Identifier.random()
        sessions = SessionService(
            store: drivers.sessions, tasks: drivers.tasks, runner: drivers.apps, owner: owner, isAlone: isAlone,
            limits: limits, clock: clock)
        sessionSweeper = SessionSweeper(sessions: sessions, limits: limits, logger: logger)
        deployments = DeployService(files: files, downloads: downloads, deployer: drivers.deployer, limits: limits)
        tasks = TaskService(
            store: drivers.tasks, bus: drivers.bus, apps: apps, sessions: sessions, files: files,
            taskFiles: drivers.taskFiles, partials: partials, signer: signer, foreign: foreign, pages: pages,
            limits: limits, clock: clock)
        webhooks = WebhookSender(
            outbox: drivers.outbox, store: drivers.tasks, web: drivers.web, signer: signer, links: links,
            bus: drivers.bus, limits: limits, clock: clock, logger: logger)
        let execution = TaskExecution(
            owner: owner, runner: SessionRunner(drivers.apps, sessions: sessions), store: drivers.tasks,
            queue: drivers.queue, chats: drivers.chats, bus: drivers.bus,
            staging: TaskFileStaging(
                files: files, downloads: downloads, foreign: foreign, taskFiles: drivers.taskFiles,
                runner: drivers.apps, limits: limits),
            partials: partials, answers: answers, limits: limits, clock: clock, logger: logger)
        agents = AgentService(catalog: drivers.agents, apps: apps, pages: pages, limits: limits)
        chats = ChatService(
            store: drivers.chats, bus: drivers.bus, agents: agents, tasks: tasks, files: files, foreign: foreign,
            answers: answers, pages: pages, limits: limits, clock: clock)
        chatDriver = ChatDriver(
            chats: chats, agents: agents, tasks: tasks, files: files, bus: drivers.bus, limits: limits,
            logger: logger)
        dispatcher = TaskDispatcher(
            queue: drivers.queue, bus: drivers.bus, execution: execution, isAlone: isAlone, limits: limits,
            clock: clock, logger: logger)
    }

    /// Puts things right after any kind of death: drops what uploads left behind, and bytes that no record names.
    /// For the start only, and only if no other process uses the same stores.
    package func recover(blobs: any BlobStore, clock: ServerClock = .system) async throws {
        _ = try await blobs.removeAbandoned()
        _ = try await files.sweep(at: clock.now())
        var last: String?
        while true {
            let keys = try await blobs.keys(after: last, limit: 1000)
            for key in keys where try await !files.index.isReferenced(blobKey: key) { try await blobs.remove(key) }
            guard let end = keys.last else { return }
            last = end
        }
    }
}
