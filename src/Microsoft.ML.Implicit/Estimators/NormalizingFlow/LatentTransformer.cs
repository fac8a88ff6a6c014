using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(LatentTransformer), null, typeof(SignatureLoadModel), "", LatentTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps feature vectors to latent vectors, which are standard normal if the model is right, and their log densities; or latent vectors back.</summary>
/// <remarks>
/// A row with a value that is not finite gets NaN. Angles and unit vectors
/// (<see cref="NormalizingFlowOptions.ManifoldFeatures"/>) are mapped to angles and unit vectors in the same slots, uniformly
/// distributed if the model is right.
/// </remarks>
public sealed class LatentTransformer : ImplicitTransformer<NormalizingFlowModelParameters>
{
    internal const string LoaderSignature = "NormalizingFlowLatent";

    private static readonly ModelFormat Format = new("CNFLATNT", LoaderSignature, version: 0x00010004, oldestVersion: 0x00010003, NormalizingFlowPositional.ReadLatent);

    private readonly LatentColumns _columns;

    internal LatentTransformer(IHost host, NormalizingFlowModelParameters model, LatentColumns columns)
        : base(host, Format, model)
    {
        _columns = columns;
        Mapper = new LatentMapper(model, columns);
    }

    private protected override BatchMapper Mapper { get; }

    /// <summary>Creates the transformer from latent vectors to feature vectors; it shares this transformer's model.</summary>
    /// <param name="outputColumnName">Feature column that it writes; <see langword="null"/> for the one this transformer reads.</param>
    /// <returns>The inverse.</returns>
    /// <exception cref="InvalidOperationException">This is an inverse itself.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public LatentTransformer CreateInverse(string? outputColumnName = null)
    {
        Mapper.ThrowIfDisposed();
        return _columns.IsInverse
            ? throw new InvalidOperationException("This transformer is an inverse itself.")
            : new LatentTransformer(Host, Model, new LatentColumns(_columns.Output, _columns.Context, outputColumnName ?? _columns.Input, null));
    }

    private protected override void WriteModel(DocumentWriter writer)
    {
        writer.Write("input_column", _columns.Input);
        writer.Write("context_column", _columns.Context);
        writer.Write("output_column", _columns.Output);
        writer.Write("log_density_column", _columns.LogDensity);
        Model.Write(writer);
    }

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) => Load(Format, env, ctx, (host, reader) =>
    {
        var columns = new LatentColumns(
            reader.Text("input_column"), reader.OptionalText("context_column"), reader.Text("output_column"), reader.OptionalText("log_density_column"));
        return new LatentTransformer(host, NormalizingFlowModelParameters.Read(host, reader), columns);
    });
}
