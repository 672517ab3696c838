#!/bin/sh
echo mac.sh
