#!/bin/sh
echo recipe
