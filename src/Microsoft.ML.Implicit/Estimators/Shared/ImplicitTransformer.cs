using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Training;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Evaluates rows with a trained model, which it owns.</summary>
/// <typeparam name="TModel">The trained model.</typeparam>
public abstract class ImplicitTransformer<TModel> : BatchTransformer
    where TModel : ImplicitModelParameters
{
    private const string TrainingSection = "training";

    private protected ImplicitTransformer(IHost host, ModelFormat format, TModel model)
        : base(host, format) => Model = model;

    /// <summary>The trained model.</summary>
    public TModel Model { get; }

    private protected sealed override void MoveModel(Device device) => Model.MoveTo(device);

    private protected sealed override void DisposeModel() => Model.Dispose();

    private protected sealed override void Write(DocumentWriter writer)
    {
        WriteModel(writer);
        if (Model.Training is { } report)
        {
            TrainingReportFormat.Write(writer.IgnorableSection(TrainingSection), report);
        }
    }

    /// <summary>Writes the model and what the transformer does with it.</summary>
    private protected abstract void WriteModel(DocumentWriter writer);

    /// <summary>Loads a transformer and the history of its model.</summary>
    /// <exception cref="FormatException">The file was cut off or altered, what it holds is impossible, or a later version of this library has added to it.</exception>
    private protected static ITransformer Load(ModelFormat format, IHostEnvironment env, ModelLoadContext ctx, Func<IHost, DocumentReader, ImplicitTransformer<TModel>> read) =>
        format.Load(env, ctx, (host, reader) =>
        {
            TrainingReport? report = TrainingReportFormat.Read(reader.Section(TrainingSection));
            ImplicitTransformer<TModel> transformer = read(host, reader);
            transformer.Model.Training = report;
            return transformer;
        });
}
