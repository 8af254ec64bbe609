ls: cannot access '/usr/share/chromium/extensions/*': No such file or directory
