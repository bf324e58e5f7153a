# SPDX-License-Identifier: GPL-2.0-only
"""A rule of Bazel's that converts modules; a recipe, which nothing here runs.

    load("//tools:klp_convert.bzl", "klp_convert_batch")

    klp_convert_batch(
        name = "livepatches",
        srcs = glob(["build/*.ko"]),
        symbols = ["Symbols.list"],
    )

Outputs depend on the contents of inputs and options alone, so they can be cached, and the action be run
on any machine (Remote Execution API). It is one action for each `shards`th part of the modules: small
enough to be spread, large enough that the list is walked few times.
"""

def _impl(ctx):
    outputs = []
    size = max(1, (len(ctx.files.srcs) + ctx.attr.shards - 1) // ctx.attr.shards)
    for start in range(0, len(ctx.files.srcs), size):
        sources = ctx.files.srcs[start:start + size]
        folder = "%s.%d" % (ctx.label.name, start // size)
        made = [ctx.actions.declare_file("%s/%s" % (folder, each.basename)) for each in sources]
        args = ctx.actions.args()
        args.add_all(ctx.files.symbols, before_each = "--symbols")
        args.add("-j", "2")
        args.add("-o", made[0].dirname)
        args.add_all(sources)

        # @FILE, with quotes as a shell has them.
        args.use_param_file("@%s")
        args.set_param_file_format("shell")
        ctx.actions.run(
            executable = ctx.executable._klp_convert,
            arguments = ["batch", args],
            inputs = sources + ctx.files.symbols,
            outputs = made,
            mnemonic = "KlpConvert",
            progress_message = "Converting %d livepatches of %%{label}" % len(sources),
            execution_requirements = {"cpu:2": ""},
        )
        outputs += made
    return [DefaultInfo(files = depset(outputs))]

klp_convert_batch = rule(
    implementation = _impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".ko"], mandatory = True),
        "symbols": attr.label_list(allow_files = True, mandatory = True),
        "shards": attr.int(default = 1),
        "_klp_convert": attr.label(
            default = "//tools:klp-convert",
            executable = True,
            cfg = "exec",
        ),
    },
)
