namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What is asked of some series: a variable that has fallen silent is forecast from a history of its own.</summary>
/// <param name="Counts">Observations in the history of each variable of each series.</param>
/// <param name="Histories">Each history that is needed: its series, and its observations.</param>
/// <param name="Examples">The same as examples.</param>
internal sealed record ForecastQuestion(int[][] Counts, (int Row, int Count)[] Histories, ForecastExample[] Examples)
{
    private readonly Dictionary<(int Row, int Count), int> _places = Histories.Select((history, place) => (history, place)).ToDictionary(pair => pair.history, pair => pair.place);

    /// <summary>Which of the histories a variable is forecast from.</summary>
    public int HistoryOf(int row, int variable) => _places[(row, Counts[row][variable])];
}
