#!/bin/sh
make tool
