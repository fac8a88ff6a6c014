using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained equation of a field. Safe to use from several threads at once.</summary>
public sealed class FieldModelParameters : ImplicitModelParameters
{
    private Device _device;

    internal FieldModelParameters(FieldArchitecture architecture, FieldUnits units, FieldDynamics dynamics, double trainedHorizon, Device device)
    {
        (Architecture, Units, Dynamics, TrainedHorizon, _device) = (architecture, units, dynamics, trainedHorizon, device);
    }

    /// <summary>Points, lengths and boundaries.</summary>
    public FieldGrid Grid => Architecture.Grid;

    /// <summary>
    /// The parts of the equation whose form is known, with the coefficients that were given or learned, in the units of the field, of lengths on the grid and of the time column (days for
    /// dates).
    /// </summary>
    public IReadOnlyList<PhysicalTerm> Terms => [.. Dynamics.Terms.Select(Units.Describe).OfType<PhysicalTerm>()];

    /// <summary>Longest time ahead that training looked at, in the unit of the time column.</summary>
    public double TrainedHorizon { get; }

    /// <inheritdoc/>
    public override long ParameterCount => Dynamics.parameters().Sum(parameter => parameter.numel());

    internal FieldArchitecture Architecture { get; }

    internal FieldUnits Units { get; }

    internal FieldDynamics Dynamics { get; }

    private protected override IEnumerable<nn.Module> Modules => [Dynamics];

    private protected override FormattableString Description =>
        $"Field on {Grid}: {string.Join("; ", Terms.Select(term => term.ToString()).Concat(Architecture.ClosureDerivatives is null ? [] : [$"learned closure of derivatives up to {Architecture.ClosureDerivatives}"]))}.";

    /// <inheritdoc/>
    public override void Dispose() => Dynamics.Dispose();

    internal override void MoveTo(Device device)
    {
        Dynamics.to(device);
        Dynamics.FreezeState();
        _device = device;
    }

    /// <summary>Forecasts fields, each by itself.</summary>
    /// <param name="fields">Fields one after another, in the data's units.</param>
    /// <param name="count">How many.</param>
    /// <param name="horizon">Times after them, rising.</param>
    /// <returns>For each field those at all times, one after another; NaN where it is not finite or cannot be carried on.</returns>
    internal float[] Forecast(float[] fields, int count, double[] horizon)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor start = NativeTensor.Of(Array.ConvertAll(fields, Units.Scaled), [count, 1, .. Grid.Shape], _device);
        Tensor states = FieldRollout.Forecast(Dynamics, start, Array.ConvertAll(horizon, time => time / Units.Time), Architecture.Solver);
        Tensor rows = states.view(horizon.Length, count, -1).transpose(0, 1).contiguous().cpu();
        return Array.ConvertAll(rows.data<float>().ToArray(), Units.Unscaled);
    }

    internal void Write(DocumentWriter writer)
    {
        Architecture.Write(writer.Section("architecture"));
        Units.Write(writer.Section("units"));
        writer.Write("trained_horizon", TrainedHorizon);
        writer.Write("dynamics", Dynamics);
    }

    /// <exception cref="FormatException">The file describes an impossible model.</exception>
    internal static FieldModelParameters Read(DocumentReader reader)
    {
        FieldArchitecture architecture = FieldArchitecture.Read(reader.Section("architecture"));
        FieldUnits units = FieldUnits.Read(reader.Section("units"));
        double horizon = reader.Double("trained_horizon");
        if (!Measurements.IsUnit(horizon))
        {
            throw new FormatException("The model file describes an impossible horizon.");
        }

        using var generator = new Generator(0, CPU);
        FieldDynamics dynamics = architecture.CreateDynamics(units, generator);
        try
        {
            reader.Read("dynamics", dynamics);
            dynamics.FreezeState();
            return new FieldModelParameters(architecture, units, dynamics, horizon, CPU);
        }
        catch
        {
            dynamics.Dispose();
            throw;
        }
    }
}
