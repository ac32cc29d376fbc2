// SPDX-License-Identifier: Apache-2.0

/// Every limit of ``ChatCompletions``, in one place.
struct ChatCompletionLimits: Sendable, Hashable {
    /// Most bytes of an image. 20 MiB.
    var imageBytes = 20 << 20
    /// Most bytes that the images of a request take as base64; those of earlier messages that find no room are left out,
    /// the latest come first. 48 MiB.
    var imagesBytes = 48 << 20
    /// Most bytes of a text, also of a PDF's; longer ones are cut, with a note. 1 MiB.
    var textBytes = 1 << 20
    /// Most bytes of a request. 64 MiB.
    var requestBytes = 64 << 20
    /// Most bytes of an answer's text, thoughts and calls of tools. 384 KiB, as of any app's output.
    var answerBytes = 384 << 10
    /// Most calls of tools in an answer, and in one event of it. 128.
    var toolCalls = 128
    /// Most bytes of one line of a stream, and of one event. 1 MiB.
    var lineBytes = 1 << 20
    /// Most bytes of an answer as it travels. 64 MiB.
    var streamBytes = 64 << 20
    /// Most characters of the model server's own words in an error. 300.
    var errorCharacters = 300
    /// Most bytes that are read of an answer that is an error. 64 KiB.
    var errorBytes = 64 << 10
    /// How long a connection may take. 10 s.
    var connectTime: Duration = .seconds(10)
    /// How long the first byte of an answer may take: a model is loaded, a long chat is read. 5 min.
    var firstByteTime: Duration = .seconds(5 * 60)
    /// How long a model server may be silent after that. 2 min.
    var silenceTime: Duration = .seconds(2 * 60)
    /// How long one answer may take in all, however lively the model server is. 30 min.
    var answerTime: Duration = .seconds(30 * 60)
    /// How often a request is tried again that failed before the answer began. 2.
    var retries = 2
    /// The pause before the first of these; it doubles each time. 500 ms.
    var retryPause: Duration = .milliseconds(500)
    /// The longest pause that a model server may ask for; asked for a longer one, the task fails. 10 s.
    var longestPause: Duration = .seconds(10)
    /// How long the text of a PDF may take. 30 s.
    var pdfTime: Duration = .seconds(30)

    /// The defaults.
    static let standard = ChatCompletionLimits()
}
