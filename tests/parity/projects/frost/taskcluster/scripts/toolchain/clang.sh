#!/bin/sh
echo clang.sh
