using System.Buffers;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained model from a feature vector to a label: one network, or several whose predictions are averaged. Safe to use from several threads at once.</summary>
public abstract partial class PredictionModelParameters : ImplicitModelParameters
{
    private const string EnsembleName = "ensemble";

    private readonly bool[] _mayBeMissing;
    private ManagedEnsemble? _managed;
    private Device _device;

    private protected PredictionModelParameters(PredictionArchitecture architecture, PredictionEnsemble ensemble, PredictionTask task, Device device)
    {
        Architecture = architecture;
        Ensemble = ensemble;
        _device = device;
        _managed = ensemble.CreateManaged();
        _mayBeMissing = new bool[architecture.FeatureCount];
        foreach (int feature in ensemble.Encoder.MissingFeatures())
        {
            _mayBeMissing[feature] = true;
        }

        Task = task;
    }

    /// <summary>Length of the feature vector.</summary>
    public int FeatureCount => Architecture.Sizes.Categories?.Length ?? Architecture.FeatureCount;

    /// <summary>Width of the hidden state, or of the hidden layers of a neural ODE's field.</summary>
    public int HiddenWidth => Architecture.HiddenWidth;

    /// <summary>Number of networks whose predictions are averaged.</summary>
    public int EnsembleSize => Architecture.EnsembleSize;

    /// <inheritdoc/>
    public override long ParameterCount => Ensemble.parameters().Sum(parameter => parameter.numel());

    internal PredictionTask Task { get; }

    internal PredictionArchitecture Architecture { get; }

    internal PredictionEnsemble Ensemble { get; }

    /// <summary>Where the model is.</summary>
    private protected Device Device => _device;

    private protected override IEnumerable<nn.Module> Modules => [Ensemble];

    private protected override FormattableString Description =>
        $"{Kind}: {Task.Description} from {FeatureCount} features{Embedded(Architecture.Levels.Count)}, {EnsembleSize} {(EnsembleSize == 1 ? "network" : "networks")} of hidden width {HiddenWidth}.";

    /// <summary>What kind of model it is.</summary>
    private protected abstract string Kind { get; }

    /// <summary>Whether rows are scored without tensor operations.</summary>
    internal bool IsManaged => _managed is not null;

    /// <summary>Shape of the images that feature vectors hold, or <see langword="null"/> where they hold none.</summary>
    internal ImageShape? Image => Architecture.ReadsImages ? Architecture.Image : null;

    /// <inheritdoc/>
    public sealed override void Dispose()
    {
        _managed?.Dispose();
        Ensemble.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads a row.</summary>
    /// <param name="features"><see cref="FeatureCount"/> features.</param>
    /// <param name="row">Receives what scoring takes: the features, with each category that is embedded as one.</param>
    /// <returns>Whether features are finite, or missing where some were so in training, and of the slots of a category at most one is 1 and the others are 0.</returns>
    internal bool TryRead(in VBuffer<float> features, ref VBuffer<float> row)
    {
        if (Architecture.Sizes.Categories is { } categories)
        {
            return categories.TryFold(in features, ref row, out _) && AreReadable(in row);
        }

        if (!AreReadable(in features))
        {
            return false;
        }

        features.CopyTo(ref row);
        return true;
    }

    private static string Embedded(int categories) => categories switch
    {
        0 => "",
        1 => " with 1 embedded category",
        _ => $" with {categories} embedded categories",
    };

    private bool AreReadable(in VBuffer<float> row)
    {
        ReadOnlySpan<float> values = row.GetValues();
        if (values.IsEmpty || TensorPrimitives.IsFiniteAll(values))
        {
            return true;
        }

        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]) && !(float.IsNaN(values[i]) && _mayBeMissing[row.IsDense ? i : row.GetIndices()[i]]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">Rows from <see cref="TryRead"/>.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="scores">Receives [rows, outputs], row by row.</param>
    /// <param name="evaluations">Receives what all solves of each row evaluated, where the kind of network counts it; null where nobody asks.</param>
    internal void Score(VBuffer<float>[] rows, int count, float[] scores, float[]? evaluations = null)
    {
        evaluations?.AsSpan().Clear();
        int width = Task.OutputWidth;
        int stride = EnsembleSize * width;
        float[] outputs = ArrayPool<float>.Shared.Rent(count * stride);
        if (_managed is not null)
        {
            _managed.Evaluate(rows, count, outputs, evaluations);
        }
        else
        {
            EvaluateTensors(rows.AsSpan(0, count), outputs, evaluations);
        }

        for (int row = 0; row < count; row++)
        {
            Task.Score(outputs.AsSpan(row * stride, stride), scores.AsSpan(row * width, width));
        }

        ArrayPool<float>.Shared.Return(outputs);
    }

    /// <summary>The loss of each row times its weight, float32 [rows] on the CPU.</summary>
    internal Tensor Losses(TrainingSet rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor outputs = Ensemble.Evaluate(rows.Features.to(_device)).cpu();
        return Task.WeightedLosses(Task.Average(outputs), rows.Labels, rows.Weights).MoveToOuterDisposeScope();
    }

    internal override void MoveTo(Device device)
    {
        _managed?.Dispose();
        _managed = null;
        Ensemble.to(device);
        Ensemble.Freeze();
        _device = device;
        _managed = Ensemble.CreateManaged();
    }

    /// <summary>Evaluates all networks by tensor operations, as on other devices than the CPU.</summary>
    /// <param name="rows">Rows from <see cref="TryRead"/>.</param>
    /// <param name="outputs">Receives [rows, networks, outputs].</param>
    /// <param name="evaluations">Receives in addition what the solves of each row evaluated; null where nobody asks.</param>
    internal void EvaluateTensors(ReadOnlySpan<VBuffer<float>> rows, Span<float> outputs, float[]? evaluations = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor features = Architecture.SlotCount > 0 ? FeatureTensor.Sparse(rows, Architecture.FeatureCount) : FeatureTensor.Dense(rows, Architecture.FeatureCount);
        Ensemble.Evaluate(features.to(_device), evaluations).cpu().data<float>().CopyTo(outputs);
    }

    internal void Write(IHost host, DocumentWriter writer)
    {
        Architecture.Write(writer.Section("architecture"));
        Task.Write(host, writer.Section("task"));
        writer.Write(EnsembleName, Ensemble);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="host">ML.NET's host.</param>
    /// <param name="reader">The file.</param>
    /// <param name="readArchitecture">Reads the architecture of the kind of network.</param>
    /// <param name="create">Creates the model of the architecture, a frozen ensemble and the task.</param>
    /// <exception cref="FormatException">What the file describes is impossible.</exception>
    private protected static TModel Read<TArchitecture, TModel>(
        IHost host, DocumentReader reader, Func<DocumentReader, TArchitecture> readArchitecture, Func<TArchitecture, PredictionEnsemble, PredictionTask, TModel> create)
        where TArchitecture : PredictionArchitecture
    {
        TArchitecture architecture = readArchitecture(reader.Section("architecture"));
        PredictionTask task = PredictionTaskFormat.Read(host, reader.Section("task"));
        if (task.OutputWidth != architecture.OutputWidth)
        {
            throw new FormatException("The model file describes a network that does not fit its task.");
        }

        PredictionEnsemble ensemble = architecture.CreateEnsemble();
        try
        {
            reader.Read(EnsembleName, ensemble, PredictionEnsemble.AddedNames);
            ensemble.CheckState();
            ensemble.Freeze();
            return create(architecture, ensemble, task);
        }
        catch
        {
            ensemble.Dispose();
            throw;
        }
    }

    /// <summary>A model of the same networks that shares nothing with this one.</summary>
    /// <param name="task">What the networks' outputs become.</param>
    internal PredictionModelParameters WithTask(PredictionTask task)
    {
        PredictionEnsemble ensemble = Architecture.CreateEnsemble();
        Ensemble.CopyStateTo(ensemble);
        ensemble.to(_device);
        ensemble.Freeze();
        PredictionModelParameters model = Create(ensemble, task);
        model.Training = Training;
        return model;
    }

    /// <summary>A model of this one's architecture and device.</summary>
    /// <param name="ensemble">Frozen networks.</param>
    /// <param name="task">What their outputs become.</param>
    private protected abstract PredictionModelParameters Create(PredictionEnsemble ensemble, PredictionTask task);
}
