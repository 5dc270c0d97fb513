# SPDX-License-Identifier: Apache-2.0 OR MIT
# Work for perl to be profiled at: an index of the words in its own library, file by file, and the
# words that most files have.
use strict;
use warnings;
use Config;
use File::Find;

my (%files_of, @paths);
find({ wanted => sub { push @paths, $_ if /\.p[ml]$/ }, no_chdir => 1, follow => 1 },
	grep { -d } $Config{privlib}, '/usr/share/perl5');
@paths = sort @paths;
splice @paths, 300 if @paths > 300;
for my $path (@paths) {
	open my $file, '<', $path or next;
	local $/;
	my $text = <$file>;
	my %count;
	$count{ lc $_ }++ for $text =~ /[A-Za-z]{4,}/g;
	push @{ $files_of{$_} }, $path for keys %count;
}
my @common = sort { @{ $files_of{$b} } <=> @{ $files_of{$a} } || $a cmp $b } keys %files_of;
printf "%6d %s\n", scalar @{ $files_of{$_} }, $_ for grep { defined } @common[ 0 .. 19 ];
