# The engine is built when the module is, not when nginx is configured.

cat << END                                                    >> $NGX_MAKEFILE

$usher_engine:
	cmake -S $ngx_addon_dir/.. -B $usher_build \\
		-DCMAKE_BUILD_TYPE=RelWithDebInfo -DUSHER_ENGINE_ONLY=ON
	+cmake --build $usher_build --target usher_engine

END
