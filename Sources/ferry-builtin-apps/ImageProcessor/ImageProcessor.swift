// SPDX-License-Identifier: Apache-2.0

import CVips
import FerryApp
import FerryWire

#if canImport(Musl)
import Musl
#elseif canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Resizes, rotates and converts an image.
struct ImageProcessor: App {
    func run(function: String, input: JSONValue, context: TaskContext) async throws -> JSONValue {
        let request = try ImageRequest(input)
        let name = request.image.filename
        context.progress(0, message: "reading \(name)")
        do {
            return try await BlockingWork.run { flag in try Self.work(request, context, flag) }
        } catch let error as ImageError {
            if error.status == FERRY_VIPS_CANCELLED { throw CancellationError() }
            throw error.failure(filename: name)
        }
    }

    private static func work(
        _ request: ImageRequest, _ context: TaskContext, _ flag: StopFlag
    ) throws -> JSONValue {
        let facts = try ImageLibrary.probe(request.image.path)
        try flag.check()
        let recipe = request.recipe(inputFormat: facts.format)
        let name = request.outputName(for: recipe.format)
        let unfinished = "\(context.outputDirectory)/.unfinished"
        let made = try ImageLibrary.process(request.image.path, to: unfinished, recipe: recipe, flag: flag) { done in
            context.progress(done, message: "writing \(name)")
        }
        let path = context.outputPath(name)
        guard rename(unfinished, path) == 0 else {
            unlink(unfinished)
            throw AppFailure("\(name) could not be written: \(String(cString: strerror(errno)))")
        }
        let file = File(path: path, contentType: recipe.format.contentType, filename: name)
        guard let size = file.size else { throw AppFailure("\(name) vanished after it was written") }
        context.log(
            """
            \(request.image.filename): \(facts.format), \(facts.width) by \(facts.height), \
            became \(made.format), \(made.width) by \(made.height), \(size) bytes
            """)
        return [
            "image": file.json, "width": .integer(made.width), "height": .integer(made.height),
            "format": .string(made.format), "size": .integer(size),
        ]
    }
}
