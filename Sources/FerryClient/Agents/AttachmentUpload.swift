// SPDX-License-Identifier: Apache-2.0

import FerryWire
import NIOPosix

/// Makes references of the files of one message: all of them are looked at before a byte leaves, then uploaded some at
/// a time, equal ones once. It is all or nothing, and the order is that of the caller.
struct AttachmentUpload: Sendable {
    let transport: Transport
    /// Most files of one message.
    let maximumFiles: Int
    var progress: UploadPlanProgressHandler?

    /// What came of it.
    struct Outcome: Sendable {
        /// One reference for each file, in order.
        var references: [FileRef] = []
        fileprivate var made: UploadPlanExecution.Outcome?
        fileprivate var names: [String] = []

        /// Deletes what was uploaded for the message, as far as possible. What was there before stays.
        func discard() async { await made?.discard() }

        /// The server's refusal of one of the files by its place in the request, with the file's name instead.
        func located(_ error: FerryError) -> FerryError {
            guard error.status != nil, let place = error.message.firstRange(of: "/attachments/") else { return error }
            let rest = error.message[place.upperBound...]
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard let index = Int(digits), rest.dropFirst(digits.count).hasPrefix(": ") else { return error }
            var located = error
            located.message = String(rest.dropFirst(digits.count + 2))
            return AttachmentUpload.located(located, AttachmentUpload.pointer(index), names)
        }
    }

    /// Uploads what is not there yet.
    ///
    /// - Throws: ``FerryError`` that names the file by its number and name, its `pointer` by the position, and
    ///   `CancellationError`; nothing of the message is left on the server then.
    func run(_ files: [AgentFile]) async throws -> Outcome {
        guard !files.isEmpty else { return Outcome() }
        guard files.count <= maximumFiles else {
            throw FerryError(
                .limitExceeded,
                "\(files.count) files are more than one message takes, which is \(maximumFiles); send the rest with "
                    + "another message")
        }
        let plan = try await transport.threads.runIfActive { try self.plan(files) }
        let names = plan.entries.map(\.source)
        var execution = UploadPlanExecution(plan: plan, files: FilesAPI(transport: transport), progress: progress)
        execution.locate = { error, pointer in Self.located(error, pointer, names) }
        let made = try await execution.run()
        var outcome = Outcome(made: made, names: names)
        let planned = Dictionary(plan.input.files.map { ($0.1, $0.0) }) { first, _ in first }
        for (index, file) in files.enumerated() {
            if let reference = try file.existing {
                outcome.references.append(reference)
            } else if let record = made.records[Self.pointer(index)] {
                // Equal files are one record, but each keeps its name.
                let name = planned[Self.pointer(index)]?.name.flatMap { try? Filename.label($0) }
                outcome.references.append(FileRef(record, filename: name))
            }
        }
        return outcome
    }

    fileprivate static func pointer(_ index: Int) -> JSONPointer {
        JSONPointer.root.appending("files").appending(index)
    }

    /// The failure with the file it concerns in front of it.
    fileprivate static func located(_ error: FerryError, _ pointer: JSONPointer, _ names: [String]) -> FerryError {
        guard let index = pointer.tokens.last.flatMap(Int.init), names.indices.contains(index) else {
            return error.at(pointer)
        }
        var located = error
        // The name is in front of it already, and a path goes by no other.
        if located.message.hasPrefix("\(names[index]) ") { located.message.removeFirst(names[index].count + 1) }
        located.message.replace("give another name by the option filename", with: "rename it")
        located = located.prefixed("file \(index + 1) (\(names[index]))")
        located.pointer = pointer
        return located
    }

    /// What is to be done with each file. Reads the beginnings of local ones: belongs on the thread pool.
    private func plan(_ files: [AgentFile]) throws -> UploadPlan {
        let planner = UploadPlanner(
            policy: .explicitOnly, lookup: SystemPathLookup(homeFolder: transport.configuration.homeFolder),
            maximumInlineSize: transport.configuration.limits.maximumInlineSize)
        var state = UploadPlanner.State()
        var nodes: [UploadPlan.Node] = []
        var names: [String] = []
        for (index, file) in files.enumerated() {
            let pointer = Self.pointer(index)
            let node: UploadPlan.Node
            switch file.kind {
            case .input(let input):
                node = planner.explicit(input, UploadPlanner.Position(UploadPlanner.Place(nil), pointer), &state)
            case .stream(let make):
                let stream = make(transport.configuration.limits.chunkSize)
                state.entries.append(.init(pointer: pointer, rule: .explicit, verdict: .upload, source: "a stream"))
                node = .file(UploadPlan.PlannedFile(file: .data([]), stream: stream), pointer)
            case .untrusted(let path, let roots):
                node = UploadPlanner(
                    policy: .explicitOnly.beneath(roots), lookup: planner.lookup,
                    maximumInlineSize: planner.maximumInlineSize
                ).untrusted(path: path, pointer, &state)
            case .reference(let reference):
                let source = FileReferences.shown(reference.uri)
                state.entries.append(.init(pointer: pointer, rule: .explicit, verdict: .keep, source: source))
                node = .json(.null)
            }
            nodes.append(file.named(node))
            // As the caller wrote it, not where its links lead.
            names.append(file.filename ?? file.path ?? state.entries[index].source)
            state.entries[index].source = names[index]
        }
        for (index, file) in files.enumerated() {
            do {
                _ = try file.existing
            } catch let error as FerryError {
                throw Self.located(error, Self.pointer(index), names)
            }
            let entry = state.entries[index]
            guard entry.verdict == .refuse else { continue }
            let error = FerryError(entry.failure ?? .invalidInput, entry.reason ?? "not acceptable")
            throw Self.located(error, entry.pointer, names)
        }
        return UploadPlan(entries: state.entries, input: .array(nodes))
    }
}

extension AgentFile {
    /// The reference, if there is nothing to upload.
    fileprivate var existing: FileRef? {
        get throws {
            switch kind {
            case .reference(let reference): reference
            case .input(.uri(let text)): try FileRef(address: text)
            case .input(.record(let record)): FileRef(record)
            case .input, .stream, .untrusted: nil
            }
        }
    }

    fileprivate var path: String? {
        switch kind {
        case .input(.path(let path)), .untrusted(let path, _): path
        default: nil
        }
    }

    /// The planned file under the name and type given with it.
    fileprivate func named(_ node: UploadPlan.Node) -> UploadPlan.Node {
        guard case .file(var planned, let pointer) = node else { return node }
        planned.filename = filename ?? planned.filename
        planned.contentType = contentType ?? planned.contentType
        return .file(planned, pointer)
    }
}

extension UploadPlan.PlannedFile {
    /// The name it was given, wherever.
    fileprivate var name: String? {
        if case .data(_, let name, _) = file { filename ?? name } else { filename }
    }
}
