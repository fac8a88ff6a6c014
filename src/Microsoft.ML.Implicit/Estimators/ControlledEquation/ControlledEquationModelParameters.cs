using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained model of whole series: one network, or several whose predictions are averaged. Safe to use from several threads at once.</summary>
public sealed class ControlledEquationModelParameters : ImplicitModelParameters
{
    private readonly SeriesNetwork[] _networks;
    private Device _device;

    internal ControlledEquationModelParameters(
        ControlledEquationArchitecture architecture, SeriesColumns columns, SeriesUnits units, PredictionTask task, SeriesNetwork[] networks, Device device)
    {
        Architecture = architecture;
        Columns = columns;
        Units = units;
        Task = task;
        _networks = networks;
        _device = device;
    }

    /// <summary>Number of networks whose predictions are averaged.</summary>
    public int EnsembleSize => _networks.Length;

    /// <summary>How series are read.</summary>
    public SeriesReadingKind Reading => Architecture.Reading;

    /// <summary>Length of the hidden state of all networks at the end of a series.</summary>
    public int FeatureCount => (int)_networks.Sum(network => network.Encoder.FeatureCount);

    /// <inheritdoc/>
    public override long ParameterCount => _networks.Sum(network => network.parameters().Sum(parameter => parameter.numel()));

    internal ControlledEquationArchitecture Architecture { get; }

    internal SeriesColumns Columns { get; }

    internal SeriesUnits Units { get; }

    internal PredictionTask Task { get; }

    internal IReadOnlyList<SeriesNetwork> Networks => _networks;

    private protected override IEnumerable<nn.Module> Modules => _networks;

    private protected override FormattableString Description =>
        $"Model of whole series: {Task.Description} from {Units.Shape.Channels} channels by {Reading}, {EnsembleSize} {(EnsembleSize == 1 ? "network" : "networks")} of width {Architecture.StateWidth}.";

    /// <inheritdoc/>
    public override void Dispose() => Array.ForEach(_networks, network => network.Dispose());

    /// <summary>Scores series.</summary>
    /// <param name="series">Series with an observation each.</param>
    /// <returns>[series, outputs], row by row.</returns>
    internal float[] Score(IReadOnlyList<TimeSeries> series)
    {
        int width = Task.OutputWidth;
        float[] scores = new float[series.Count * width];
        float[] outputs = Evaluate(series, (network, inputs) => network.Output(network.Features(inputs, out _), inputs.Statics));
        for (int row = 0; row < series.Count; row++)
        {
            Task.Score(outputs.AsSpan(row * EnsembleSize * width, EnsembleSize * width), scores.AsSpan(row * width, width));
        }

        return scores;
    }

    /// <summary>The hidden states at the end of series.</summary>
    /// <param name="series">Series with an observation each.</param>
    /// <returns>[series, <see cref="FeatureCount"/>], row by row.</returns>
    internal float[] Features(IReadOnlyList<TimeSeries> series) => Evaluate(series, (network, inputs) => network.Features(inputs, out _));

    internal override void MoveTo(Device device)
    {
        foreach (SeriesNetwork network in _networks)
        {
            network.to(device);
            network.FreezeState();
        }

        _device = device;
    }

    /// <summary>A model of the same networks that shares nothing with this one.</summary>
    internal ControlledEquationModelParameters Copy()
    {
        SeriesNetwork[] networks = Array.ConvertAll(_networks, source =>
        {
            SeriesNetwork network = CreateNetwork(Architecture, Units, Task);
            source.CopyStateTo(network);
            network.to(_device);
            network.FreezeState();
            return network;
        });
        return new ControlledEquationModelParameters(Architecture, Columns, Units, Task, networks, _device) { Training = Training };
    }

    internal void Write(IHost host, DocumentWriter writer)
    {
        Columns.Write(writer.Section("input"));
        Units.Write(writer.Section("units"));
        Architecture.Write(writer.Section("architecture"));
        Task.Write(host, writer.Section("task"));
        for (int i = 0; i < _networks.Length; i++)
        {
            writer.Write(NameOf(i), _networks[i]);
        }
    }

    /// <exception cref="FormatException">What the file holds is impossible.</exception>
    internal static ControlledEquationModelParameters Read(IHost host, DocumentReader reader)
    {
        SeriesColumns columns = SeriesColumns.Read(reader.Section("input"));
        SeriesUnits units = SeriesUnits.Read(reader.Section("units"));
        if (!units.Fits(columns))
        {
            throw new FormatException("The model file's columns do not fit its units.");
        }

        ControlledEquationArchitecture architecture = ControlledEquationArchitecture.Read(reader.Section("architecture"), units.Shape);
        PredictionTask task = PredictionTaskFormat.Read(host, reader.Section("task"));
        var networks = new List<SeriesNetwork>();
        try
        {
            while (networks.Count < architecture.EnsembleSize)
            {
                networks.Add(CreateNetwork(architecture, units, task));
                reader.Read(NameOf(networks.Count - 1), networks[^1]);
                networks[^1].FreezeState();
            }

            return new ControlledEquationModelParameters(architecture, columns, units, task, [.. networks], CPU);
        }
        catch
        {
            networks.ForEach(network => network.Dispose());
            throw;
        }
    }

    private static string NameOf(int network) => $"network{network}";

    private static SeriesNetwork CreateNetwork(ControlledEquationArchitecture architecture, SeriesUnits units, PredictionTask task)
    {
        using var generator = new Generator(0, CPU);
        return architecture.CreateNetwork(units.Shape, task.OutputWidth, generator);
    }

    // [series, networks, outputs].
    private float[] Evaluate(IReadOnlyList<TimeSeries> series, Func<SeriesNetwork, SeriesInputs, Tensor> evaluate)
    {
        using IDisposable noGradient = no_grad();
        var outputs = new List<float>();
        foreach (EncodedChannels[] batch in SeriesBatches.Split(series.Select(Units.Encode)))
        {
            using DisposeScope scope = NewDisposeScope();
            SeriesInputs inputs = SeriesBatches.Create(batch, Units.Shape, _device);
            outputs.AddRange(stack(_networks.Select(network => evaluate(network, inputs)), 1).cpu().data<float>().ToArray());
        }

        return [.. outputs];
    }
}
