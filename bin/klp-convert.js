#!/usr/bin/env node
require("../dist/klp-convert.cjs");
