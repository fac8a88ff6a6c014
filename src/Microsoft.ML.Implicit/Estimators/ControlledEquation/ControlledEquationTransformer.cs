using Microsoft.ML;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(ITransformer), typeof(ControlledEquationTransformer), null, typeof(SignatureLoadModel), "", ControlledEquationTransformer.LoaderSignature)]

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Predicts a label from each row's series.</summary>
/// <remarks>
/// Rows are scored in batches as they are read, each as if it were alone. Observations out of order are sorted, those at one time become one, in which each channel has the
/// mean of its values, and observations without a finite time are left out, as in training. A row without any observation gets NaN scores and a missing predicted label.
/// Prediction engines in several threads may share one transformer; each engine serves one thread.
/// </remarks>
public sealed class ControlledEquationTransformer : ImplicitTransformer<ControlledEquationModelParameters>
{
    internal const string LoaderSignature = "ControlledEquation";

    private static readonly ModelFormat Format = new("CTRLDEQN", LoaderSignature);

    internal ControlledEquationTransformer(IHost host, ControlledEquationModelParameters model)
        : base(host, Format, model) => Mapper = new ControlledEquationMapper(model);

    private protected override BatchMapper Mapper { get; }

    /// <summary>Creates a transformer that gives the hidden state at the end of each series, by a copy of the model.</summary>
    /// <param name="outputColumnName">Column of features to add.</param>
    /// <returns>The transformer, which shares nothing with this one.</returns>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed of.</exception>
    public SeriesFeatureTransformer CreateFeatureTransformer(string outputColumnName = "Features")
    {
        ArgumentException.ThrowIfNullOrEmpty(outputColumnName);
        using DisposalGate.Use use = Mapper.Hold();
        return new SeriesFeatureTransformer(Host, Model.Copy(), outputColumnName);
    }

    private protected override void WriteModel(DocumentWriter writer) => Model.Write(Host, writer);

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        Load(Format, env, ctx, (host, reader) => new ControlledEquationTransformer(host, ControlledEquationModelParameters.Read(host, reader)));
}
