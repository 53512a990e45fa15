import type { PaperRecord } from '../../src/domain/paper.ts'

/** A small library of three subjects. The hash embedder finds texts near that share words, so each subject has its own. */
export const PAPERS: readonly PaperRecord[] = [
  {
    id: 'tide-clocks',
    title: 'Tide Clocks: Forecasting Harbour Water Levels with Recurrent Networks',
    abstract:
      'Harbour water levels follow the moon, the wind and the river. A recurrent network learns the tide from eight years of gauge readings. It forecasts the water level of the next day within four centimetres.',
    authors: ['Ida Moen', 'Per Lunde'],
    publishedAt: '2021-03-09',
    arxivId: '2103.01234',
    categories: ['cs.LG'],
  },
  {
    id: 'storm-surge',
    title: 'Storm Surge Forecasting from Harbour Gauges',
    abstract:
      'A storm surge lifts the tide above every table. We forecast the water level of a harbour during storms from gauge readings and wind alone, and show where a recurrent network fails.',
    authors: ['Per Lunde'],
    publishedAt: '2022-10-02',
    doi: '10.5555/surge/17',
  },
  {
    id: 'river-gauges',
    title: 'What River Gauges Miss',
    abstract:
      'River gauges report a water level every hour, but floods rise within minutes. We measure how much of the forecast error of a recurrent network comes from the gauge readings.',
    publishedAt: '2019-05-20',
  },
  {
    id: 'bread-crust',
    title: 'Listening to Bread: Acoustic Crust Classification',
    abstract:
      'A loaf of bread crackles while its crust cools. A microphone above the oven hears how crisp the crust is. Our classifier names the baking time of a loaf from ten seconds of sound.',
    authors: ['Oda Strand'],
    publishedAt: '2020-01-15',
    organization: { handle: 'bakelab', name: 'Bake Lab' },
    commentCount: 4,
  },
  {
    id: 'sourdough',
    title: 'Sourdough Rise Time from Oven Sound',
    abstract:
      'Sourdough bread rises for hours before the oven. From the sound of a kneading machine we classify when a loaf is ready, and compare the crust that bakers prefer.',
    publishedAt: '2023-07-01',
  },
  {
    id: 'glacier-maps',
    title: 'Étude of Glacier Maps: Segmenting Ice from Satellite Images',
    abstract:
      'Glaciers shrink each summer. We segment ice in satellite images with a convolutional model and count how many pixels a cloud hides. The maps agree with surveys on foot.',
    authors: ['Liv Haug', 'José Ártico'],
    publishedAt: '2018-11-30',
  },
  {
    id: 'sea-ice/2020',
    title: 'Sea Ice Segmentation under Clouds',
    abstract:
      'Clouds hide sea ice in satellite images. A convolutional model that has seen the same pixels on clear days segments the ice below them.',
    publishedAt: '2020-06-18',
  },
]
