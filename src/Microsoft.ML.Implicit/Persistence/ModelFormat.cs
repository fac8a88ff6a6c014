using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Persistence;

/// <summary>How a transformer of this library is marked in a model file, and how it is written there and read back.</summary>
/// <param name="modelSignature">Eight characters that mark the model in the file.</param>
/// <param name="loaderSignature">Name under which ML.NET finds the transformer's loader, at most 24 characters.</param>
/// <param name="version">Version of the format, as ML.NET writes them: 0x00010001 is the first.</param>
/// <param name="oldestVersion">Oldest version that is read; <see langword="null"/> for this one alone.</param>
/// <param name="usesNativeBackend">Whether the transformer has tensors.</param>
internal sealed class ModelFormat(string modelSignature, string loaderSignature, uint version = 0x00010001, uint? oldestVersion = null, bool usesNativeBackend = true)
{
    private VersionInfo Version => new(
        modelSignature,
        verWrittenCur: version,
        verReadableCur: version,
        verWeCanReadBack: oldestVersion ?? version,
        loaderSignature: loaderSignature,
        loaderAssemblyName: typeof(ModelFormat).Assembly.FullName);

    public void Save(ModelSaveContext ctx, Action<BinaryWriter> write)
    {
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version);
        ModelPayload.Write(ctx, write);
    }

    /// <exception cref="FormatException">The file was cut off or altered, or what it holds is impossible.</exception>
    public ITransformer Load(IHostEnvironment env, ModelLoadContext ctx, Func<IHost, BinaryReader, ITransformer> read) =>
        Load(env, ctx, (host, reader, _) => read(host, reader));

    /// <summary>Loads a model that is read by the version of its format.</summary>
    /// <exception cref="FormatException">The file was cut off or altered, or what it holds is impossible.</exception>
    public ITransformer Load(IHostEnvironment env, ModelLoadContext ctx, Func<IHost, BinaryReader, uint, ITransformer> read)
    {
        MLNetCompatibility.EnsureSupported();
        if (usesNativeBackend)
        {
            NativeBackend.EnsureLoaded();
        }

        IHost host = env.Register(loaderSignature);
        ctx.CheckAtModel(Version);
        return ModelPayload.Read(ctx, reader => read(host, reader, ctx.Header.ModelVerWritten));
    }
}
