package dev.outrider.app;

import picocli.CommandLine.IVersionProvider;

/** What {@code outrider --version} prints. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "outrider " + (version == null ? "(development)" : version) + ", JDK " + Runtime.version() + ", "
                    + System.getProperty("os.name") + " " + System.getProperty("os.arch")
        };
    }
}
