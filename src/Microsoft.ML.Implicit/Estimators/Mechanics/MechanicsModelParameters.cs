using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The learned dynamics of a mechanical system with their units. Safe to use from several threads at once.</summary>
public sealed class MechanicsModelParameters : ImplicitModelParameters
{
    private const int EstimationIterations = 6;
    private const int PiecesAtOnce = 256;

    private readonly int _window;
    private readonly DisposalGate _gate = new();
    private MotionSolver _solver;

    /// <param name="architecture">What the dynamics are.</param>
    /// <param name="columns">Positions and then velocities or momenta, and controls.</param>
    /// <param name="scaling">Units.</param>
    /// <param name="dynamics">Frozen dynamics, which the model owns.</param>
    /// <param name="window">Observations that the last state is estimated from.</param>
    /// <param name="energyUnits">Units of energies.</param>
    internal MechanicsModelParameters(MechanicsArchitecture architecture, SeriesColumns columns, MechanicsScaling scaling, MechanicalDynamics dynamics, int window, MechanicsEnergy energyUnits)
    {
        (Architecture, Columns, Scaling, Dynamics, _window, EnergyUnits) = (architecture, columns, scaling, dynamics, window, energyUnits);
        _solver = MotionSolver.Create(dynamics, architecture.Positions);
    }

    /// <summary>What was learned.</summary>
    public MechanicsForm Form => Architecture.Form;

    /// <summary>Span of the longest training series, in the unit of the time column. Forecasts are given up to 1000 times as far ahead.</summary>
    public double TrainedHorizon => Scaling.Horizon;

    /// <inheritdoc/>
    public override long ParameterCount => Dynamics.parameters().Sum(parameter => parameter.numel());

    internal MechanicsArchitecture Architecture { get; }

    internal SeriesColumns Columns { get; }

    internal MechanicsScaling Scaling { get; }

    internal MechanicsEnergy EnergyUnits { get; }

    internal MechanicalDynamics Dynamics { get; }

    /// <summary>How far off forecasts are, or <see langword="null"/> where bounds were not asked for.</summary>
    internal MotionErrors? Errors { get; set; }

    private protected override IEnumerable<nn.Module> Modules => [Dynamics];

    private protected override FormattableString Description =>
        $"Forecaster of a mechanical system: {Form}{(Architecture.HasFriction ? " with friction" : string.Empty)}, {Architecture.Positions} {(Architecture.Positions == 1 ? "position" : "positions")}, {Architecture.Controls} {(Architecture.Controls == 1 ? "control" : "controls")}, {Architecture.HiddenLayers} hidden layers of width {Architecture.HiddenWidth}.";

    private Device Device => Dynamics.parameters().First().device;

    /// <summary>The energy of a state, as the forecaster's energy column has it.</summary>
    /// <param name="positions">Positions, in the order of their columns.</param>
    /// <param name="rates">Velocities or momenta, in the same order.</param>
    /// <returns>The energy, counted from the least one in the training series.</returns>
    /// <exception cref="ArgumentException">There are more or fewer numbers than positions.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public double Energy(ReadOnlySpan<double> positions, ReadOnlySpan<double> rates)
    {
        int n = Architecture.Positions;
        if (positions.Length != n || rates.Length != n)
        {
            throw new ArgumentException($"The model has {n} positions and as many velocities or momenta; given are {positions.Length} and {rates.Length}.", nameof(positions));
        }

        double[] state = [.. positions, .. rates];
        using DisposalGate.Use use = _gate.Enter();
        return Energies([[.. state.Select((value, v) => Scaling.Scale(v, value))]])[0];
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gate.Close(GetType());
        Dynamics.Dispose();
    }

    internal override void MoveTo(Device device) => _gate.RunAlone(() =>
    {
        Dynamics.to(device);
        Dynamics.FreezeState();
        _solver = MotionSolver.Create(Dynamics, Architecture.Positions);
    });

    /// <summary>Forecasts series at given times.</summary>
    /// <param name="series">Series with at least one observation.</param>
    /// <param name="times">Times for each series; forecasts before its last observation are NaN, and all of a series with a variable that was never observed.</param>
    internal MotionForecast[] Forecast(IReadOnlyList<TimeSeries> series, IReadOnlyList<double[]> times)
    {
        using DisposalGate.Use use = _gate.Enter();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        Motion[] motions = [.. series.Select(s => new Motion(Scaling.Ranges.Clean(s), Scaling, Architecture))];
        double[]?[] guesses = [.. motions.Select(motion => motion.Guess(motion.Count - 1))];
        int[] known = [.. Enumerable.Range(0, motions.Length).Where(row => guesses[row] is not null)];
        int width = 2 * Architecture.Positions;
        float[][] values = [.. times.Select(asked => Enumerable.Repeat(float.NaN, Columns.Values.Length * asked.Length).ToArray())];
        float[] energies = Enumerable.Repeat(float.NaN, motions.Length).ToArray();
        if (known.Length > 0)
        {
            Tensor starts = NativeTensor.Of(known.SelectMany(row => guesses[row]!).ToArray(), [known.Length, width], Device);
            if (_window > 1)
            {
                MotionWindow[] windows = [.. known.Select(row => new MotionWindow(motions[row], motions[row].Count - 1, motions[row].Count - 1 - motions[row].First(_window), IsBackward: true))];
                starts = new StateEstimation(_solver, Architecture.Angles).Improve(MotionBatch.Create(windows, Device), starts, EstimationIterations, CancellationToken.None);
            }

            double[] found = ToUnits(Dynamics.EnergyOf(starts));
            for (int i = 0; i < known.Length; i++)
            {
                energies[known[i]] = (float)found[i];
            }

            Solve([.. known.Select(row => new MotionPath(motions[row], times[row]))], starts, [.. known.Select(row => values[row])]);
        }

        return [.. motions.Select((motion, row) => new MotionForecast(values[row], energies[row], History(motion)))];
    }

    /// <summary>Distance of two values of a variable: that of angles without whole turns.</summary>
    internal double Distance(int variable, double left, double right) =>
        Math.Abs(Architecture.Angles.Contains(variable) ? Math.IEEERemainder(left - right, 2 * Math.PI) : left - right);

    internal void Write(DocumentWriter writer)
    {
        Architecture.Write(writer.Section("architecture"));
        Scaling.Write(writer.Section("scaling"));
        writer.Write("window", _window);
        writer.Write("energy_unit", EnergyUnits.Unit);
        writer.Write("energy_origin", EnergyUnits.Origin);
        writer.Write("dynamics", Dynamics);
        Errors?.Write(writer);
    }

    internal static MechanicsModelParameters Read(DocumentReader reader, SeriesColumns columns)
    {
        MechanicsArchitecture architecture = MechanicsArchitecture.Read(reader.Section("architecture"));
        MechanicsScaling scaling = MechanicsScaling.Read(reader.Section("scaling"), architecture, columns.Values.Length);
        int window = reader.Int32("window");
        var energy = new MechanicsEnergy(reader.Double("energy_unit"), reader.Double("energy_origin"));
        if (window is < 1 or > 4096 || !double.IsFinite(energy.Origin) || !double.IsFinite(energy.Unit) || !architecture.Fits(columns))
        {
            throw new FormatException("The model file describes an impossible forecaster.");
        }

        using var generator = new Generator(0, CPU);
        MechanicalDynamics dynamics = architecture.CreateDynamics(generator);
        try
        {
            reader.Read("dynamics", dynamics);
            dynamics.FreezeState();
            return new MechanicsModelParameters(architecture, columns, scaling, dynamics, window, energy) { Errors = MotionErrors.Read(reader, columns.Values.Length) };
        }
        catch
        {
            dynamics.Dispose();
            throw;
        }
    }

    private float[] History(Motion motion)
    {
        float[] energies = Enumerable.Repeat(float.NaN, motion.Count).ToArray();
        int[] whole = [.. Enumerable.Range(0, motion.Count).Where(i => Array.TrueForAll(motion.States[i], double.IsFinite))];
        foreach ((int place, double energy) in whole.Zip(whole.Length == 0 ? [] : Energies([.. whole.Select(i => motion.States[i])])))
        {
            energies[place] = (float)energy;
        }

        return energies;
    }

    private double[] Energies(double[][] states)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        return ToUnits(Dynamics.EnergyOf(NativeTensor.Of(states.SelectMany(state => state).ToArray(), [states.Length, states[0].Length], Device)));
    }

    private double[] ToUnits(Tensor energies) => [.. energies.cpu().data<double>().Select(EnergyUnits.Restore)];

    // Solves all paths side by side, so many pieces at a time, and writes the values at the times asked for.
    private void Solve(MotionPath[] paths, Tensor states, float[][] values)
    {
        int rows = paths.Length, width = (int)states.shape[1], most = paths.Max(path => path.Pieces);
        for (int first = 0; first <= most; first += PiecesAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(PiecesAtOnce, most - first);
            Tensor points = states.unsqueeze(0);
            if (count > 0)
            {
                double[] lengths = [.. Enumerable.Range(first, count).SelectMany(piece => paths.Select(path => path.Length(piece)))];
                double[] controls = [.. Enumerable.Range(first, count).SelectMany(piece => paths.SelectMany(path => path.Controls(piece)))];
                using IMotionSolution solution = _solver.Solve(
                    states,
                    NativeTensor.Of(lengths, [count, rows, 1], Device),
                    Architecture.Controls == 0 ? null : NativeTensor.Of(controls, [count, rows, Architecture.Controls], Device),
                    OdeMethods.Dopri8,
                    steps: 1,
                    differentiable: false,
                    CancellationToken.None);
                points = solution.States.alias();
            }

            double[] numbers = [.. points.cpu().contiguous().data<double>()];
            states = points[-1].clone().MoveToOuterDisposeScope();
            for (int row = 0; row < rows; row++)
            {
                IReadOnlyList<int> places = paths[row].Places;
                for (int m = 0; m < places.Count; m++)
                {
                    if (places[m] >= first && places[m] <= first + count)
                    {
                        int place = (((places[m] - first) * rows) + row) * width;
                        for (int v = 0; v < Columns.Values.Length; v++)
                        {
                            values[row][(v * places.Count) + m] = (float)Scaling.Restore(v, numbers[place + v]);
                        }
                    }
                }
            }
        }
    }
}
