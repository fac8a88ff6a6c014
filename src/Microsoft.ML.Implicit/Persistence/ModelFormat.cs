using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>How a transformer of this library is marked in a model file, and how it is written there and read back.</summary>
/// <param name="modelSignature">Eight characters that mark the model in the file.</param>
/// <param name="loaderSignature">Name under which ML.NET finds the transformer's loader, at most 24 characters.</param>
/// <param name="version">First version of the format that is a document, as ML.NET writes them: 0x00010001 is the first.</param>
/// <param name="oldestVersion">Oldest version that is read.</param>
/// <param name="readPositional">Reads the versions before the document; null where there are none.</param>
/// <param name="usesNativeBackend">Whether the transformer has tensors.</param>
internal sealed class ModelFormat(
    string modelSignature, string loaderSignature, uint version, uint oldestVersion, Action<PositionalReader>? readPositional, bool usesNativeBackend = true)
{
    private const uint FirstVersion = 0x00010001;

    /// <summary>A format that has been a document from its first version on.</summary>
    public ModelFormat(string modelSignature, string loaderSignature, bool usesNativeBackend = true)
        : this(modelSignature, loaderSignature, FirstVersion, FirstVersion, null, usesNativeBackend)
    {
    }

    private VersionInfo Version => new(
        modelSignature,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: oldestVersion,
        loaderSignature: loaderSignature,
        loaderAssemblyName: typeof(ModelFormat).Assembly.FullName);

    public void Save(ModelSaveContext ctx, Action<DocumentWriter> write)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        var writer = new DocumentWriter();
        write(writer);
        ModelPayload.Write(ctx.Writer, writer.ToBytes());
    }

    /// <exception cref="FormatException">The file was cut off or altered, what it holds is impossible, or a later version of this library has added to it.</exception>
    public ITransformer Load(IHostEnvironment env, ModelLoadContext ctx, Func<IHost, DocumentReader, ITransformer> read)
    {
        MLNetCompatibility.EnsureSupported();
        if (usesNativeBackend)
        {
            NativeBackend.EnsureLoaded();
        }

        IHost host = env.Register(loaderSignature);
        ctx.CheckAtModel(Version);
        byte[] payload = ModelPayload.Read(ctx.Reader);
        ModelDocument document = ModelDocument.Parse(ctx.Header.ModelVerWritten < version ? Upgrade(payload, host, ctx.Header.ModelVerWritten) : payload);
        ITransformer transformer = StoredData.Understand("model file", () => read(host, document.Root));
        try
        {
            document.EnsureUnderstood();
            return transformer;
        }
        catch
        {
            (transformer as IDisposable)?.Dispose();
            throw;
        }
    }

    private byte[] Upgrade(byte[] payload, IHost host, uint written) => StoredData.Parse(payload, "model file", reader =>
    {
        var writer = new DocumentWriter();
        readPositional!(new PositionalReader(host, written, reader, writer));
        return writer.ToBytes();
    });
}
