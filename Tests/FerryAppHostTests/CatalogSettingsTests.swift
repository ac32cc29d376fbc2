// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FerryAppHost

@Suite struct CatalogSettingsTests {
    private func read(_ text: String) throws -> AppSettings { try AppSettings(yaml: Array(text.utf8)) }
    private let start = "namespace: me\nname: app\nkernel: python-3.11\n"

    @Test func `all keys of a published app are understood, and others left alone`() throws {
        let settings = try read(
            """
            namespace: okaris
            name: my-app.2
            description: "does things"
            category: image
            kernel: python-3.12
            images: {card: a.png, thumbnail: b.png}
            metadata: {x: [1, 2]}
            env:
              MODEL: big
              COUNT: 3
              EMPTY:
            secrets:
              - key: TOKEN
                description: for the hub
              - {key: OTHER, optional: true}
              - PLAIN
            integrations: [google]
            resources:
              gpu: {count: 1, vram: 24, type: nvidia}
              ram: 16
            default_function: generate
            whatever: {is: here}
            """)
        #expect(settings.reference == "okaris/my-app.2")
        #expect(settings.kernel == .python(minor: 12))
        #expect(settings.environment == ["MODEL": "big", "COUNT": "3", "EMPTY": ""])
        #expect(settings.secrets.map(\.key) == ["TOKEN", "OTHER", "PLAIN"])
        #expect(settings.secrets.map(\.isOptional) == [false, true, false])
        #expect(settings.gpuCount == 1)
        #expect(settings.memory == 16_000_000_000)
        #expect(settings.defaultFunction == "generate")
        #expect(settings.description == "does things")
        #expect(settings.category == "image")
    }

    @Test(
        arguments: [
            ("0", nil), ("2", 2_000_000_000), ("0.5", 500_000_000), ("999", 999_000_000_000), ("1000", 1_000_000_000),
            ("4096", 4_096_000_000), ("2000000000", 2_000_000_000),
        ] as [(String, Int64?)])
    func `memory is in GB, MB or bytes, by its size`(text: String, bytes: Int64?) throws {
        #expect(try read(start + "resources: {ram: \(text)}\n").memory == bytes)
    }

    @Test(
        arguments: [
            ("python", .python(minor: nil)), ("python-3.10", .python(minor: 10)), ("node-22", .node(major: 22)),
            ("node", .node(major: nil)), ("swift", .swift),
        ] as [(String, AppSettings.Kernel)])
    func `a kernel names the version it prefers`(text: String, kernel: AppSettings.Kernel) throws {
        #expect(try read("namespace: a\nname: b\nkernel: \(text)\n").kernel == kernel)
    }

    @Test(arguments: [
        ("name: b\nkernel: swift", "namespace"), ("namespace: a\nkernel: swift", "name"),
        ("namespace: a\nname: b", "kernel"), ("namespace: a/b\nname: c\nkernel: swift", "namespace"),
        ("namespace: a\nname: b@1\nkernel: swift", "name"), ("namespace: a\nname: b\nkernel: ruby-3", "ruby-3"),
        ("namespace: a\nname: b\nkernel: python-2.7", "python-2.7"), ("namespace: [a]\nname: b", "namespace"),
        ("namespace: a\nname: b\nkernel: swift\nenv: [1]", "env"),
        ("namespace: a\nname: b\nkernel: swift\nenv: {'A B': c}", "env"),
        ("namespace: a\nname: b\nkernel: swift\nenv: {A: [c]}", "env.A"),
        ("namespace: a\nname: b\nkernel: swift\nsecrets: [{description: x}]", "secrets.0.key"),
        ("namespace: a\nname: b\nkernel: swift\nresources: {ram: lots}", "resources.ram"),
        ("namespace: a\nname: b\nkernel: swift\nresources: {gpu: {count: x}}", "resources.gpu.count"),
        ("namespace: a\nname: b\nkernel: swift\nexecutable: ../x", "executable"),
        ("namespace: a\nname: b\nkernel: swift\nexecutable: /bin/sh", "executable"), ("- a", "no keys"),
        ("", "no keys"),
        ("a: [", "not YAML"), ("name: a\nname: b", "inf.yml has the key \"name\" more than once, first in line 1"),
    ])
    func `what is wrong is told with the key's name`(text: String, words: String) throws {
        let problem = #expect(throws: AppFolderProblem.self) { try read(text) }
        #expect(problem?.description.contains(words) == true, "\(String(describing: problem))")
    }

    @Test func `requirements that name the package keep their own version`() {
        let python = PythonInterpreter(path: "/p", version: "3.11.1", minor: 11, prefix: "/usr")
        func recipe(_ text: String?, version: String = "1") -> PythonRecipe {
            PythonRecipe(
                interpreter: python, requirements: text.map { Array($0.utf8) }, folder: "/app", reference: "a/b",
                versionID: version)
        }
        #expect(recipe(nil).packages == ["inferencesh==0.36.0"])
        #expect(recipe("numpy\n").packages == ["inferencesh==0.36.0", "-r", "/app/requirements.txt"])
        for text in ["inferencesh", "numpy\r\n  InferenceSH >= 0.30", "inferencesh[x]==1", "inferencesh~=0.2 # c"] {
            #expect(recipe(text).packages == ["-r", "/app/requirements.txt"], "\(text)")
        }
        #expect(recipe("inferencesh-extra\n# inferencesh\n").namesPackage == false)
        #expect(recipe("a").name != recipe("b").name)
        #expect(recipe("a").name == recipe("a").name)
        // What takes in files of the app's folder is of one version.
        #expect(recipe("a").name == recipe("a", version: "2").name)
        #expect(recipe("./lib").name != recipe("./lib", version: "2").name)
    }

    @Test(arguments: [
        ("numpy\n  pandas>=2 ; python_version > '3' # ./x\n", false), ("# ./lib", false), ("", false),
        ("--extra-index-url https://a.b/c\nx @ https://a.b/x-1.whl\ny @ git+https://a.b/c.git", false),
        ("a==1 \\\n    --hash=sha256:00ff", false), ("--index-url=https://a.b\n-i https://a.b", false),
        ("./lib", true), ("lib/sub", true), ("../up", true), (".", true), ("-e .", true), ("-e./x", true),
        ("--editable lib", true), ("-r more.txt", true), ("-rmore.txt", true), ("--requirement=more.txt", true),
        ("-c bounds.txt", true), ("--find-links wheels", true), ("x @ file:///a/b", true), ("x @ ./lib", true),
        ("x @ FILE:lib", true), ("x@.", true), ("x-1.whl", true), ("x-1.tar.gz", true), ("/abs/x", true),
        ("--index-url=./simple", true), ("--trusted-host=a.b", false), ("--unheard-of", true),
    ])
    func `requirements that take in files are known`(text: String, isLocal: Bool) {
        #expect(RequirementLines(Array(text.utf8)).nameFiles == isLocal)
    }

    @Test func `missing packages of the system are told by name`() {
        let names = DebianPackages.names(Array("ffmpeg libx=1.2\n# no\nbash:amd64 # c\n\n".utf8))
        #expect(names == ["ffmpeg", "libx", "bash"])
        #expect(DebianPackages.missing(["bash", "no-such-package"]) == ["no-such-package"])
    }
}
