#!/bin/sh
echo win.ps1
