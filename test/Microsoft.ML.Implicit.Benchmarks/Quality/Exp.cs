using System.Globalization;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

internal static class Exp
{
    public static void Apply(NormalizingFlowOptions options)
    {
        if (Environment.GetEnvironmentVariable("EXP") is { } exp)
        {
            foreach (string[] kv in exp.Split(';').Select(e => e.Split('=')))
            {
                object target = kv[0].StartsWith("T.") ? options.Training : options;
                var prop = target.GetType().GetProperty(kv[0].Replace("T.", ""))!;
                Type t = Nullable.GetUnderlyingType(prop.PropertyType) ?? prop.PropertyType;
                prop.SetValue(target, t.IsEnum ? Enum.Parse(t, kv[1]) : Convert.ChangeType(kv[1], t, CultureInfo.InvariantCulture));
            }

            options.Training.Progress = new Rep();
        }

    }

    private sealed class Rep : IProgress<Training.TrainingProgress>
    {
        public void Report(Training.TrainingProgress p)
        {
            if (p.Epoch % 10 == 0 || p.Epoch == 1 || p.SolverIterations > 0 && p.Epoch % 5 == 0)
            {
                Console.WriteLine($"  {p.Epoch}/{p.MaximumEpochs} train {p.TrainingLoss:F4} val {p.ValidationLoss:F4} best {p.BestEpoch} nfe {p.SolverIterations:F1} {p.Elapsed.TotalSeconds:F1}s");
            }
        }
    }

}
